import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { StackError } from '../stack-error.ts';

export const SAMBA = '/usr/sbin/samba';
export const SAMBA_TOOL = '/usr/bin/samba-tool';
/** Debian's names; without samba-ad-provision the schema is missing, without the module packages the database is. */
export const SAMBA_PACKAGES = ['samba', 'samba-dsdb-modules', 'samba-vfs-modules', 'samba-ad-provision', 'winbind', 'python3-samba'] as const;

const PROVISION_FILES = '/usr/share/samba/setup/provision.ldif';

/** Why a domain controller cannot be started on this machine; null when it can. */
export const activeDirectoryMissing = (): string | null => {
  // Files get foreign owners and its LDAP ports are fixed below 1024.
  if (process.getuid?.() !== 0) return 'Samba needs root';
  const isInstalled = [SAMBA, SAMBA_TOOL, PROVISION_FILES].every((file) => existsSync(file));
  return isInstalled ? null : `Samba is not installed: apt-get install --no-install-recommends ${SAMBA_PACKAGES.join(' ')}`;
};

/**
 * Runs a program of Samba's to its end.
 * @returns its output
 * @throws StackError with the last lines that it wrote
 */
export const runProgram = async (command: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args], { timeout: 60_000, maxBuffer: 8 * 1024 * 1024 });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    throw new StackError(`${command} ${args.slice(0, 2).join(' ')} failed: ${stderr.trimEnd().split('\n').slice(-3).join(' ')}`);
  }
};

/** Its administration program, which needs no running server. */
export const sambaTool = (args: readonly string[]): Promise<string> => runProgram(SAMBA_TOOL, args);
