import type { Acl, AclFilter as WireFilter } from '@platformatic/kafka';
import type { AclBinding, AclFilter } from '../../session/admin/acls.admin.port.js';
import { ACL_OPERATIONS, nameOf, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES } from '../kafka.names.js';

const ANY = 1;
const MATCH = 2;
const UNKNOWN = 0;

const codeOf = (table: Readonly<Record<string, number>>, name: string): number => table[name] ?? UNKNOWN;

/** Whether the broker could take it at all: for anything UNKNOWN it closes the connection instead of answering (4.3.1). */
export const isWhole = ({ resourceType, patternType, operation, permission }: AclBinding): boolean => ![resourceType, patternType, operation, permission].includes('UNKNOWN');

export const toWireBinding = ({ resourceType, resourceName, patternType, principal, host, operation, permission }: AclBinding): Acl =>
  ({
    resourceType: codeOf(RESOURCE_TYPES, resourceType),
    resourceName,
    resourcePatternType: codeOf(PATTERN_TYPES, patternType),
    principal,
    host,
    operation: codeOf(ACL_OPERATIONS, operation),
    permissionType: codeOf(PERMISSIONS, permission),
  }) as Acl;

export const toWireFilter = ({ resourceType, resourceName, patternType, principal, host, operation, permission }: AclFilter): WireFilter =>
  ({
    resourceType: codeOf({ ...RESOURCE_TYPES, ANY }, resourceType),
    resourceName,
    resourcePatternType: codeOf({ ...PATTERN_TYPES, ANY, MATCH }, patternType),
    principal,
    host,
    operation: codeOf({ ...ACL_OPERATIONS, ANY }, operation),
    permissionType: codeOf({ ...PERMISSIONS, ANY }, permission),
  }) as unknown as WireFilter;

export interface WireBinding {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export const fromWire = ({ resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType }: WireBinding): AclBinding => ({
  resourceType: nameOf(RESOURCE_TYPES, resourceType),
  resourceName,
  patternType: nameOf(PATTERN_TYPES, resourcePatternType),
  principal,
  host,
  operation: nameOf(ACL_OPERATIONS, operation),
  permission: nameOf(PERMISSIONS, permissionType),
});

export const keyOf = (binding: AclBinding): string => JSON.stringify([binding.resourceType, binding.resourceName, binding.patternType, binding.principal, binding.host, binding.operation, binding.permission]);
