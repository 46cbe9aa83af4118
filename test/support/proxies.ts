import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificate } from './tls/certificate.js';

export type ProxyKind = 'http' | 'https' | 'socks4' | 'socks4a' | 'socks5' | 'socks5h';

/** How a proxy behaves once it has a connection. */
export type ProxyMood = 'alive' | 'silent' | 'denying';

export interface TestProxyOptions {
  readonly kind: ProxyKind;
  /** Absent: it wants none. SOCKS4 knows the name alone. */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly mood?: ProxyMood;
  /** Names that it knows, with the port that they lead to on loopback. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A proxy on loopback. `requests` lists what it was asked for, `host:port` or a URL, in order. */
export class TestProxy {
  readonly requests: string[] = [];
  readonly #options: TestProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  mood: ProxyMood;

  constructor(options: TestProxyOptions) {
    this.#options = options;
    this.mood = options.mood ?? 'alive';
    this.#server = this.#create();
    this.#server.on('connection', (socket) => this.#keep(socket));
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Its URL, with these credentials in it. */
  url(credentials?: { readonly username: string; readonly password: string }): string {
    const userinfo = credentials
      ? `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}@`
      : '';
    return `${this.#options.kind}://${userinfo}127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Socket): void {
    socket.on('error', () => {}); // a test that cuts connections means to
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #create(): Server {
    switch (this.#options.kind) {
      case 'http':
        return this.#withHttp(createHttpServer());
      case 'https':
        return this.#withHttp(createHttpsServer(certificate));
      case 'socks4':
      case 'socks4a':
        return createServer((socket) => void this.#socks4(socket));
      default:
        return createServer((socket) => void this.#socks5(socket));
    }
  }

  #withHttp(server: ReturnType<typeof createHttpServer>): Server {
    server.on('connect', (request: IncomingMessage, socket: Duplex) => this.#httpConnect(request, socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#httpForward(request, response));
    return server;
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const { credentials } = this.#options;
    if (!credentials) return true;
    const expected = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    return request.headers['proxy-authorization'] === `Basic ${expected}`;
  }

  #httpConnect(request: IncomingMessage, socket: Duplex): void {
    this.requests.push(request.url ?? '');
    if (this.mood === 'silent') return;
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    if (!this.#isAuthorized(request)) return void refuse('407 Proxy Authentication Required');
    if (this.mood === 'denying') return void refuse('403 Forbidden');
    const target = this.#connect(new URL(`http://${request.url}`).hostname, Number(request.url?.split(':').at(-1)));
    target.once('connect', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.once('error', () => refuse('502 Bad Gateway'));
    socket.once('close', () => target.destroy());
  }

  #httpForward(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    if (this.mood === 'silent') return;
    if (!this.#isAuthorized(request)) return void response.writeHead(407).end();
    if (this.mood === 'denying') return void response.writeHead(403).end('denied by the proxy');
    const { 'proxy-authorization': _secret, ...headers } = request.headers;
    const url = new URL(request.url ?? '');
    const target = { host: '127.0.0.1', port: this.#portOf(url.hostname, Number(url.port || 80)) };
    const outgoing = httpRequest(
      { ...target, path: `${url.pathname}${url.search}`, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    request.pipe(outgoing);
  }

  async #socks4(socket: Socket): Promise<void> {
    const read = reader(socket);
    const [, command, high = 0, low = 0, ...address] = await read(8);
    const user = (await readString(read)).toString();
    const isName = address[0] === 0 && address[1] === 0 && address[2] === 0;
    const host = isName ? (await readString(read)).toString() : address.join('.');
    const port = high * 256 + low;
    this.requests.push(`${host}:${port}`);
    if (this.mood === 'silent' || command !== 1) return;
    const answer = (code: number): Buffer => Buffer.from([0, code, 0, 0, 0, 0, 0, 0]);
    const { credentials } = this.#options;
    if (credentials && user !== credentials.username) return void socket.end(answer(93));
    if (this.mood === 'denying') return void socket.end(answer(91));
    this.#join(socket, read, host, port, answer(90), answer(91));
  }

  async #socks5(socket: Socket): Promise<void> {
    const read = reader(socket);
    const [, count = 0] = await read(2);
    const methods = [...(await read(count))];
    const { credentials } = this.#options;
    const method = credentials ? 2 : 0;
    if (this.mood === 'silent') return void this.requests.push('?');
    if (!methods.includes(method)) return void socket.end(Buffer.from([5, 0xff]));
    socket.write(Buffer.from([5, method]));
    if (credentials) {
      const [, nameLength = 0] = await read(2);
      const username = (await read(nameLength)).toString();
      const [passwordLength = 0] = await read(1);
      const password = (await read(passwordLength)).toString();
      const ok = username === credentials.username && password === credentials.password;
      socket.write(Buffer.from([1, ok ? 0 : 1]));
      if (!ok) return void socket.end();
    }
    const [, , , type] = await read(4);
    const host = await readSocks5Host(read, type ?? 0);
    const port = (await read(2)).readUInt16BE();
    this.requests.push(`${host}:${port}`);
    const answer = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
    if (this.mood === 'denying') return void socket.end(answer(2));
    this.#join(socket, read, host, port, answer(0), answer(5));
  }

  #join(socket: Socket, read: Reader, host: string, port: number, granted: Buffer, failed: Buffer): void {
    const target = this.#connect(host, port);
    target.once('connect', () => {
      socket.write(granted);
      read.stop();
      socket.pipe(target).pipe(socket);
    });
    target.once('error', () => socket.end(failed));
    socket.once('close', () => target.destroy());
  }

  #connect(host: string, port: number): Socket {
    const target = connect({ host: '127.0.0.1', port: this.#portOf(host, port) });
    this.#keep(target);
    return target;
  }

  /** Every name that it knows leads to loopback; so it resolves names itself, which nobody else can. */
  #portOf(host: string, port: number): number {
    const named = this.#options.names?.[host];
    if (named !== undefined) return Number(named);
    return host === '127.0.0.1' || host === 'localhost' ? port : 1;
  }
}

interface Reader {
  (bytes: number): Promise<Buffer>;
  stop(): void;
}

/** Reads exact numbers of bytes from a socket. */
function reader(socket: Socket): Reader {
  let buffered = Buffer.alloc(0);
  let wake = (): void => {};
  const onData = (chunk: Buffer): void => {
    buffered = Buffer.concat([buffered, chunk]);
    wake();
  };
  socket.on('data', onData);
  const read = async (bytes: number): Promise<Buffer> => {
    while (buffered.length < bytes) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const taken = buffered.subarray(0, bytes);
    buffered = buffered.subarray(bytes);
    return taken;
  };
  return Object.assign(read, {
    stop: () => {
      socket.off('data', onData);
      if (buffered.length > 0) socket.unshift(buffered);
    },
  });
}

async function readString(read: Reader): Promise<Buffer> {
  const bytes: number[] = [];
  for (let [byte = 0] = await read(1); byte !== 0; [byte = 0] = await read(1)) bytes.push(byte);
  return Buffer.from(bytes);
}

async function readSocks5Host(read: Reader, type: number): Promise<string> {
  if (type === 1) return [...(await read(4))].join('.');
  if (type === 4) return (await read(16)).toString('hex');
  const [length = 0] = await read(1);
  return (await read(length)).toString();
}
