/** How a message of a browser begins: an answer by its ID, an event by its name. */
const answerStart = /^\{(?:"type":"\w+",)?"id":(\d+)/;
const eventStart = /^\{(?:"type":"event",)?"method":"([\w.]+)"/;
const sessionEnd = /"sessionId":"([^"\\]{1,200})"\}$/;
/** What of a message is kept to tell which it is. */
const headBytes = 1024;
const tailBytes = 256;

/** What can be told of a message without parsing it. */
export interface MessageOutline {
  /** Of an answer: the ID of what was asked. */
  readonly id: number | undefined;
  /** Of an event: its name. */
  readonly method: string | undefined;
  readonly sessionId: string | undefined;
  readonly bytes: number;
  /** Its first characters, one for each byte: at most 1024, or as many as are asked for of such an event. */
  readonly head: string;
}

export interface MessageReaderOptions {
  /** Events that are not wanted: nothing of them is kept but their outline. */
  readonly unwanted: ReadonlySet<string>;
  /** How much is told of the head of some of them, at least 1024 bytes. If omitted, 1024 of all. */
  readonly headBytes?: ReadonlyMap<string, number>;
  /** Tells the sessions that want them all the same; undefined while there are none. */
  readonly exempt?: (() => ((sessionId: string | undefined) => boolean) | undefined) | undefined;
  /** Most bytes of an answer. */
  readonly maxAnswerBytes: number;
  /** Most bytes of an event of that name. */
  readonly maxEventBytesOf: (method: string | undefined) => number;
  readonly onMessage: (message: Buffer) => void;
  readonly onUnwanted: (outline: MessageOutline) => void;
  /** A message came that was larger than it may be; nothing but its outline is left. */
  readonly onTooLarge: (outline: MessageOutline) => void;
}

/**
 * Takes apart what comes through a browser's pipe, one message after another with a NUL between them. What a page can make
 * its browser say has no limit: a message that is too large, or that nobody wants, is let go while it comes.
 */
export class MessageReader {
  readonly #options: MessageReaderOptions;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Known as soon as the head is there. */
  #limit: number | undefined;
  /** All that is kept of a message that has outgrown its limit. */
  #left: { readonly head: Buffer; tail: Buffer } | undefined;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      this.#add(chunk.subarray(start, end));
      this.#end();
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  /** One whole message, from where messages come whole. */
  readWhole(message: Buffer): void {
    this.#add(message);
    this.#end();
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#left) {
      this.#left.tail = Buffer.from(Buffer.concat([this.#left.tail, part.subarray(-tailBytes)]).subarray(-tailBytes));
      return;
    }
    this.#chunks.push(part);
    if (this.#limit === undefined && this.#bytes >= headBytes) this.#limit = this.#limitOf(this.#head());
    if (this.#limit !== undefined && this.#bytes > this.#limit) this.#letGo();
  }

  #end(): void {
    const { onMessage, onUnwanted, onTooLarge } = this.#options;
    const left = this.#left;
    const message = left ? undefined : this.#whole();
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    this.#limit = undefined;
    this.#left = undefined;
    if (left) {
      const outline = outlineOf(left.head, left.tail, bytes, left.head.length);
      if (this.#isUnwanted(outline.method, outline.sessionId)) onUnwanted(outline);
      else onTooLarge(outline);
    } else if (message) {
      const method = nameOf(message);
      if (method !== undefined && this.#isUnwanted(method, sessionOf(message)))
        onUnwanted(outlineOf(message, message, bytes, this.#headBytesOf(method)));
      else onMessage(message);
    }
  }

  #limitOf(head: Buffer): number {
    const { unwanted, exempt, maxAnswerBytes, maxEventBytesOf } = this.#options;
    if (answerStart.test(head.toString('latin1'))) return maxAnswerBytes;
    const method = nameOf(head);
    // Whose it is stands at its end.
    const isUnwanted = method !== undefined && unwanted.has(method) && !exempt?.();
    return isUnwanted ? this.#headBytesOf(method) : maxEventBytesOf(method);
  }

  #headBytesOf(method: string): number {
    return this.#options.headBytes?.get(method) ?? headBytes;
  }

  #isUnwanted(method: string | undefined, sessionId: string | undefined): boolean {
    const { unwanted, exempt } = this.#options;
    return method !== undefined && unwanted.has(method) && !exempt?.()?.(sessionId);
  }

  #letGo(): void {
    // Copies: a part of a chunk would hold all of it.
    const whole = this.#whole();
    const method = nameOf(whole);
    const bytes = method !== undefined && this.#options.unwanted.has(method) ? this.#headBytesOf(method) : headBytes;
    this.#left = { head: Buffer.from(whole.subarray(0, bytes)), tail: Buffer.from(whole.subarray(-tailBytes)) };
    this.#chunks = [];
  }

  #head(): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    return (first.length >= headBytes ? first : Buffer.concat(this.#chunks)).subarray(0, headBytes);
  }

  #whole(): Buffer {
    const [first] = this.#chunks;
    return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
  }
}

const nameOf = (message: Buffer): string | undefined => eventStart.exec(message.toString('latin1', 0, 120))?.[1];

const sessionOf = (end: Buffer): string | undefined =>
  sessionEnd.exec(end.toString('latin1', Math.max(0, end.length - tailBytes)))?.[1];

function outlineOf(start: Buffer, end: Buffer, bytes: number, maxHead: number): MessageOutline {
  const head = start.toString('latin1', 0, maxHead);
  const id = answerStart.exec(head)?.[1];
  return {
    id: id === undefined ? undefined : Number(id),
    method: eventStart.exec(head)?.[1],
    sessionId: sessionOf(end),
    bytes,
    head,
  };
}
