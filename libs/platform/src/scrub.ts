/** Parts of an error's text that may be personal: they are replaced, the rest of the sentence stays readable. */
const personal: readonly (readonly [RegExp, string])[] = [
  // postgres://user:password@host and similar.
  [/\b([a-z+]+:\/\/)[^\s/@]+@/gi, '$1[credentials]@'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[email]'],
  [/\b(Bearer|Basic)\s+[\w.~+/-]+=*/gi, '$1 [token]'],
  [
    /\b(password|passwd|secret|token|authorization|cookie|api[_-]?key)(["']?\s*[:=]\s*)(["'][^"']*["']|\S+)/gi,
    '$1$2[removed]',
  ],
  // V8 quotes the body that it could not parse.
  [/("|').{12,}?\1/gs, '$1[removed]$1'],
  [/\((\w+)\)=\(([^)]*)\)/g, '($1)=([removed])'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '[address]'],
  // Tokens, hashes and keys: long runs with a digit and a letter. Ids have only digits.
  [/\b(?=[\w.-]*\d)(?=[\w.-]*[A-Za-z])[\w-]{24,}(?:\.[\w-]+)*\b/g, '[token]'],
];

/** The maximum length of a scrubbed text. */
const MOST = 500;

/** Removes everything that may be personal or secret from a text of ours. */
export function scrub(text: string): string {
  let clean = text.slice(0, 4 * MOST);
  for (const [pattern, replacement] of personal) clean = clean.replace(pattern, replacement);
  return clean.slice(0, MOST);
}
