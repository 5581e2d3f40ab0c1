/** One file of test/long exports this as `longRun`; its name is what `npm run test:long` takes. */
export interface LongRun {
  readonly defaultMinutes: number;
  /** Starts what it needs, stops it again, and tells how it went in one line. */
  run(options: LongRunOptions): Promise<{ readonly passed: boolean; readonly result: string }>;
}

export interface LongRunOptions {
  /** Empty; removed afterwards. */
  readonly runDir: string;
  readonly minutes: number;
  /** One line of progress. */
  readonly say: (line: string) => void;
}
