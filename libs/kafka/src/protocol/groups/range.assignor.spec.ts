import { describe, expect, it } from 'vitest';
import { assignRanges } from './range.assignor.js';

const plain = (assigned: ReturnType<typeof assignRanges>) => Object.fromEntries([...assigned].map(([member, topics]) => [member, Object.fromEntries(topics)]));

describe('the range assignor', () => {
  it.each([
    ['one member has all', { a: ['t'] }, { t: 3 }, { a: { t: [0, 1, 2] } }],
    ['the first members take one more', { b: ['t'], a: ['t'] }, { t: 5 }, { a: { t: [0, 1, 2] }, b: { t: [3, 4] } }],
    ['more members than partitions leave some without', { a: ['t'], b: ['t'] }, { t: 1 }, { a: { t: [0] }, b: {} }],
    ['each topic goes to its own subscribers', { a: ['t', 'u'], b: ['u'] }, { t: 2, u: 2 }, { a: { t: [0, 1], u: [0] }, b: { u: [1] } }],
    ["a topic that does not exist is nobody's", { a: ['gone'] }, {}, { a: {} }],
    ['a topic that nobody wants is left', { a: ['t'] }, { t: 1, u: 4 }, { a: { t: [0] } }],
  ])('%s', (_case, members, sizes, expected) => {
    expect(plain(assignRanges(new Map(Object.entries(members)), new Map(Object.entries(sizes))))).toEqual(expected);
  });
});
