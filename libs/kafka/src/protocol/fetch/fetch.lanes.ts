import { KafkaError } from '../../errors/kafka-error.js';
import type { BrokerConnection } from '../broker.connection.js';
import type { Purpose } from '../broker.connections.js';
import { type Timers, within } from '../deadline.js';

export type LaneConnection = Pick<BrokerConnection, 'request' | 'quiet'>;

export interface LaneConnections {
  toNode(purpose: Purpose, nodeId: number, deadline: number): Promise<LaneConnection>;
}

/** Reads of one principal at one broker that may wait there at the same time; more of them queue. */
const LANES = 4;

interface Lanes {
  readonly free: Purpose[];
  readonly waiting: ((lane: Purpose) => void)[];
}

/**
 * Connections for reads alone, a few for each broker: a broker serves one request a connection at a time, so one long poll
 * would hold up every other read of the principal (and a produce behind it waited 1.5 s, Must 11).
 */
export class FetchLanes {
  readonly #connections: LaneConnections;
  readonly #timers: Timers;
  readonly #nodes = new Map<number, Lanes>();

  constructor(connections: LaneConnections, timers: Timers) {
    this.#connections = connections;
    this.#timers = timers;
  }

  /**
   * Runs `use` with a connection that no other read uses meanwhile. `patienceMs` bounds the wait for one.
   * @throws KafkaError DEADLINE_EXCEEDED when none came free; what `toNode` and `use` throw
   */
  async on<T>(nodeId: number, deadline: number, patienceMs: number, use: (connection: LaneConnection) => Promise<T>): Promise<T> {
    const lanes = this.#lanesOf(nodeId);
    const lane = lanes.free.pop() ?? (await this.#queue(lanes, patienceMs));
    try {
      return await use(await this.#connections.toNode(lane, nodeId, deadline));
    } finally {
      this.#giveBack(lanes, lane);
    }
  }

  #lanesOf(nodeId: number): Lanes {
    let lanes = this.#nodes.get(nodeId);
    // The last in is the first out: a principal that reads one thing at a time has one connection.
    if (lanes === undefined) this.#nodes.set(nodeId, (lanes = { free: Array.from({ length: LANES }, (_, i): Purpose => `fetch-${LANES - 1 - i}`), waiting: [] }));
    return lanes;
  }

  async #queue(lanes: Lanes, patienceMs: number): Promise<Purpose> {
    let enter: (lane: Purpose) => void = () => undefined;
    const turn = new Promise<Purpose>((resolve) => (enter = resolve));
    lanes.waiting.push(enter);
    try {
      return await within(this.#timers, patienceMs, turn);
    } catch (error) {
      const at = lanes.waiting.indexOf(enter);
      if (at >= 0) lanes.waiting.splice(at, 1);
      // Given at the very moment: passed on, never lost.
      else void turn.then((lane) => this.#giveBack(lanes, lane));
      throw new KafkaError('DEADLINE_EXCEEDED', {}, { cause: error });
    }
  }

  #giveBack(lanes: Lanes, lane: Purpose): void {
    const next = lanes.waiting.shift();
    if (next === undefined) lanes.free.push(lane);
    else next(lane);
  }
}
