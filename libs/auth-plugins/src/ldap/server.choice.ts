/** Which of several replicas is asked: the first that is not suspect, in the order of the settings. */
export interface ServerChoice {
  /** All of them, suspects last: when none is left that is not suspect, they are tried all the same. */
  order(): readonly number[];
  /** The one that new work goes to; connections to others are not used again. */
  best(): number;
  suspects(): readonly number[];
  /** It did not answer, or not as a directory does. */
  failed(index: number): void;
  /** It answered. */
  proven(index: number): void;
}

export const createServerChoice = (count: number): ServerChoice => {
  const suspects = new Set<number>();
  const all = Array.from({ length: count }, (_, index) => index);
  const order = () => [...all.filter((index) => !suspects.has(index)), ...all.filter((index) => suspects.has(index))];
  return {
    order,
    best: () => order()[0] ?? 0,
    suspects: () => [...suspects].toSorted((left, right) => left - right),
    failed: (index) => void suspects.add(index),
    proven: (index) => void suspects.delete(index),
  };
};
