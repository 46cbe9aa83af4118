import { setTimeout as sleep } from 'node:timers/promises';
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from 'mediabunny';
import { settledWithin } from '../../../util/deadline.js';
import type { PageRecording } from '../../engine.js';
import type { Camera } from '../channel/page-channel.js';

const frameIntervalMs = 200;

interface Frame {
  readonly atMs: number;
  readonly image: Vp8Image;
}

interface Vp8Image {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Films a page without an encoder of our own: the browser gives pictures as WebP, and a picture in WebP is a key frame of
 * VP8 (RFC 9649 §2.5), which is what WebM holds. Up to five pictures a second, one at a time; a picture equal to the last
 * one is left out.
 */
export class PlaywrightRecording implements PageRecording {
  readonly #camera: Camera;
  readonly #maxBytes: number;
  readonly #startedAt = performance.now();
  readonly #frames: Frame[] = [];
  readonly #over = new AbortController();
  readonly #recording: Promise<void>;
  #bytes = 0;
  #video: Promise<Uint8Array | undefined> | undefined;

  /** @param maxBytes when the video has come to this size it goes on no longer */
  constructor(camera: Camera, maxBytes: number) {
    this.#camera = camera;
    this.#maxBytes = maxBytes;
    this.#recording = this.#shoot();
  }

  stop(): Promise<Uint8Array | undefined> {
    this.#video ??= this.#end();
    return this.#video;
  }

  async #end(): Promise<Uint8Array | undefined> {
    this.#over.abort();
    await this.#recording;
    await this.#take(); // how it ended
    return this.#frames.length === 0 ? undefined : muxWebM(this.#frames, this.#startedAt, performance.now());
  }

  async #shoot(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted && this.#bytes < this.#maxBytes) {
      const startedAt = performance.now();
      await this.#take();
      const restMs = Math.max(10, frameIntervalMs - (performance.now() - startedAt));
      await sleep(restMs, undefined, { signal }).catch(() => {}); // stopped
    }
  }

  async #take(): Promise<void> {
    const atMs = performance.now();
    const shot = this.#camera.picture();
    if (!(await settledWithin(shot, this.#camera.timeoutMs))) return;
    const data = await shot.catch(() => undefined); // the page is on its way elsewhere
    const image = data === undefined ? undefined : vp8ImageOf(Buffer.from(data, 'base64'));
    if (!image || this.#bytes + image.data.byteLength > this.#maxBytes) return;
    const last = this.#frames.at(-1);
    if (last && Buffer.compare(last.image.data, image.data) === 0) return;
    this.#bytes += image.data.byteLength;
    this.#frames.push({ atMs, image });
  }
}

/** The chunk of a WebP file that is a VP8 key frame, and the size that it states (RFC 6386 §9.1). */
function vp8ImageOf(webp: Buffer): Vp8Image | undefined {
  for (let at = 12; at + 8 <= webp.length; ) {
    const name = webp.toString('latin1', at, at + 4);
    const length = webp.readUInt32LE(at + 4);
    const data = webp.subarray(at + 8, at + 8 + length);
    if (name === 'VP8 ') return { data, width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/** The video lasts from its start to its end: the first picture is shown until the second comes. */
async function muxWebM(frames: readonly Frame[], startMs: number, endMs: number): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedVideoPacketSource('vp8');
  output.addVideoTrack(source);
  await output.start();
  for (const [i, frame] of frames.entries()) {
    const { image } = frame;
    const atMs = i === 0 ? startMs : frame.atMs;
    const untilMs = frames[i + 1]?.atMs ?? Math.max(endMs, atMs + frameIntervalMs);
    const packet = new EncodedPacket(image.data, 'key', (atMs - startMs) / 1000, (untilMs - atMs) / 1000);
    await source.add(packet, {
      decoderConfig: { codec: 'vp8', codedWidth: image.width, codedHeight: image.height },
    });
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}
