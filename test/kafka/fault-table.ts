export interface FaultTable {
  row(...cells: readonly string[]): void;
  /** To the run's output, in columns. */
  print(): void;
}

/** What a run of faults has shown, for whoever reads its output. */
export const faultTable = (title: string, heads: readonly string[]): FaultTable => {
  const rows: (readonly string[])[] = [heads];
  return {
    row: (...cells) => void rows.push(cells),
    print: () => {
      const widths = heads.map((_head, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
      console.log([title, ...rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ').trimEnd())].join('\n'));
    },
  };
};
