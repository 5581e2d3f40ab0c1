/** Chance that can be repeated: the same seed and name give the same row of choices, whatever others draw meanwhile. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** Both ends included. */
  int(least: number, most: number): number;
  oneIn(n: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

/** Mulberry32, seeded by FNV-1a of seed and name. */
export const chance = (seed: number, name: string): Chance => {
  let state = 2_166_136_261;
  for (const char of `${seed}/${name}`) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    int,
    oneIn: (n) => next() * n < 1,
    pick: (items) => items[int(0, items.length - 1)] as never,
    shuffled: (items) => items.map((item) => ({ item, at: next() })).toSorted((a, b) => a.at - b.at).map(({ item }) => item),
  };
};
