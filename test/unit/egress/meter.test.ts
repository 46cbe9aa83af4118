import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Meter } from '../../../src/egress/meter.js';

/** What a meter sees of a connection. */
const connection = () => Object.assign(new EventEmitter(), { bytesRead: 0, bytesWritten: 0 });
const asSocket = (one: ReturnType<typeof connection>): Socket => one as unknown as Socket; // only these members are used

describe('Meter', () => {
  it('bytes of open and closed connections – count under the upstream of their time', () => {
    const meter = new Meter({ upstreamClass: 'direct' });
    const [first, second] = [connection(), connection()];
    meter.count(asSocket(first));
    Object.assign(first, { bytesRead: 100, bytesWritten: 10 });
    meter.changeClass('mobile');
    first.emit('close');
    meter.count(asSocket(second));
    Object.assign(second, { bytesRead: 5, bytesWritten: 1 });
    expect([meter.bytesIn, meter.bytesOut]).toEqual([105, 11]);
    meter.changeClass('direct');
    expect(Object.fromEntries(meter.byClass)).toEqual({
      direct: { bytesIn: 100, bytesOut: 10 },
      mobile: { bytesIn: 5, bytesOut: 1 },
    });
  });

  it('the limit – counts both ways, can only be lowered, and is told when it is used up', () => {
    const meter = new Meter({ upstreamClass: 'direct', maxBytes: 100 });
    const one = connection();
    meter.count(asSocket(one));
    expect([meter.lowerLimit(100), meter.lowerLimit(60), meter.lowerLimit(70)]).toEqual([false, true, false]);
    Object.assign(one, { bytesRead: 40, bytesWritten: 19 });
    meter.assertQuota();
    one.bytesWritten += 1;
    expect(meter.isUsedUp).toBe(true);
    expect(() => meter.assertQuota()).toThrow('expected the session to move at most 60 bytes');
  });

  it('no limit – is never used up', () => {
    const meter = new Meter({ upstreamClass: 'direct' });
    meter.count(asSocket(Object.assign(connection(), { bytesRead: Number.MAX_SAFE_INTEGER })));
    expect([meter.isLimited, meter.isUsedUp]).toEqual([false, false]);
  });
});
