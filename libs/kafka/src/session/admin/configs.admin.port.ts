import type { CONFIG_SOURCES, CONFIG_TYPES } from '../../protocol/kafka.names.js';
import type { CallOptions } from '../call.options.js';
import type { Each } from './outcome.js';
import type { ChangeOptions } from './topics.admin.port.js';

/** What has settings. `cluster-default` holds what every broker takes unless it has its own (KIP-226); a group's are KIP-848's. */
export type ConfigResource =
  | { readonly type: 'topic'; readonly name: string }
  | { readonly type: 'broker'; readonly id: number }
  | { readonly type: 'broker-logger'; readonly id: number }
  | { readonly type: 'cluster-default' }
  | { readonly type: 'group'; readonly name: string };

export type ConfigSource = keyof typeof CONFIG_SOURCES | 'UNKNOWN';
export type ConfigType = keyof typeof CONFIG_TYPES | 'UNKNOWN';

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One effective setting. A sensitive one has no value here, nor in its synonyms. */
export interface ConfigDetail extends ConfigSynonym {
  readonly type: ConfigType;
  readonly sensitive: boolean;
  readonly readOnly: boolean;
  readonly documentation: string | null;
  /** Where the value comes from, the strongest first. */
  readonly synonyms: readonly ConfigSynonym[];
}

/** APPEND and SUBTRACT change lists (KIP-339). */
export type ConfigChange =
  | { readonly name: string; readonly operation: 'SET' | 'APPEND' | 'SUBTRACT'; readonly value: string }
  | { readonly name: string; readonly operation: 'DELETE' };

export interface ConfigsAdmin {
  /** Settings by name. Each broker is asked for its own. */
  describe(resources: readonly ConfigResource[], options?: CallOptions): Promise<readonly Each<{ readonly resource: ConfigResource }, { readonly configs: readonly ConfigDetail[] }>[]>;
  /** All changes of a resource or none of them. */
  alter(alterations: readonly { readonly resource: ConfigResource; readonly changes: readonly ConfigChange[] }[], options?: ChangeOptions): Promise<readonly Each<{ readonly resource: ConfigResource }>[]>;
}
