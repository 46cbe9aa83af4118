import fc from 'fast-check';

/** How many times as many runs as usual; with more than one the seed is another each time. */
const factor = Number(process.env.FUZZ_RUNS ?? 1);

/** Holds a property against generated values: the same ones each time, or with `FUZZ_RUNS=20` other and more of them. */
export async function fuzz<T>(property: fc.IAsyncProperty<T> | fc.IProperty<T>, runs = 200): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<T>, {
    numRuns: runs * factor,
    ...(factor > 1 ? {} : { seed: 20_261_124 }),
    interruptAfterTimeLimit: 6000 * factor,
  });
}
