// Preloaded into a server under test (`node --import`): its clock is off by as many milliseconds as the file of
// CLOCK_SHIFT_FILE says, which is read at the start and on SIGUSR2. The clock of the machine stays as it is.
import { readFileSync } from 'node:fs';

const RealDate = Date;
const clock = { shiftMs: 0 };

function read() {
  try {
    clock.shiftMs = Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8'));
  } catch {
    clock.shiftMs = 0; // nobody has moved it yet
  }
}
const now = () => RealDate.now() + clock.shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
read();
process.on('SIGUSR2', read);
