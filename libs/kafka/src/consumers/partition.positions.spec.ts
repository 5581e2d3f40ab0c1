import { describe, expect, it } from 'vitest';
import { PartitionPositions } from './partition.positions.js';

const at = (partition: number) => ({ topic: 't', partition });

describe('the positions of a consumer', () => {
  it('begin unsettled, and are forgotten with the assignment', () => {
    const positions = new PartitionPositions();
    positions.replace([at(0), at(1)]);
    positions.set(at(0), 5n);
    expect(positions.unsettled).toEqual([at(1)]);
    expect(positions.settled).toEqual([{ ...at(0), offset: 5n }]);
    positions.replace([at(0)]);
    expect(positions.unsettled).toEqual([at(0)]);
    expect(positions.has(at(1))).toBe(false);
  });

  it('are committed only where something was given, and not after a seek', () => {
    const positions = new PartitionPositions();
    positions.replace([at(0), at(1)]);
    positions.set(at(0), 5n);
    positions.set(at(1), 5n);
    positions.advance(at(1), 7n);
    expect(positions.delivered).toEqual([{ ...at(1), offset: 7n }]);
    positions.set(at(1), 2n);
    expect(positions.delivered).toEqual([]);
  });

  it('know nothing of a partition that is not theirs', () => {
    const positions = new PartitionPositions();
    positions.replace([at(0)]);
    positions.set(at(9), 1n);
    positions.advance(at(9), 2n);
    expect(positions.all).toEqual([at(0)]);
  });

  it('are read in turn', () => {
    const positions = new PartitionPositions();
    positions.replace([at(0), at(1), at(2)]);
    positions.rotate();
    expect(positions.all.map(({ partition }) => partition)).toEqual([1, 2, 0]);
  });
});
