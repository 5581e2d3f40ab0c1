/**
 * Parses JSON that must be one object without duplicate member names, at any depth. `JSON.parse` lets the last one win,
 * so that two readers of one token could see two subjects (RFC 7515 section 5.2 step 4, attack "duplicate members").
 * @returns the object, or null for anything else
 */
export const parseStrictObject = (text: string): Readonly<Record<string, unknown>> | null => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  return hasDuplicateMembers(text) ? null : (parsed as Record<string, unknown>);
};

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;

/** Walks text that is known to be JSON; a string is a member name when a colon follows it. */
const hasDuplicateMembers = (json: string): boolean => {
  const open: (Set<string> | null)[] = [];
  let lastString: string | null = null;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && lastString !== null) {
      const names = open.at(-1);
      // Unescaped first: "\u0073ub" and "sub" are one name.
      const name = JSON.parse(lastString) as string;
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
    lastString = token.startsWith('"') ? token : null;
  }
  return false;
};
