/** A device, as its User-Agent describes it. */
export interface Device {
  name: string | null;
  kind: 'phone' | 'tablet' | 'computer' | null;
}

/** The first that is found counts: an iPad says `like Mac OS X`, and Android says `Linux`. */
const systems: [found: RegExp, system: string, kind: Device['kind']][] = [
  [/\biPad\b|\biPadOS\b/, 'iPad', 'tablet'],
  [/\biPhone\b|\biOS\b/, 'iPhone', 'phone'],
  // Browsers on tablets leave `Mobile` out; applications never write it.
  [/^Mozilla(?!.*\bMobile\b).*\bAndroid\b/, 'Android', 'tablet'],
  [/\bAndroid\b|^okhttp\b/, 'Android', 'phone'],
  [/\bCrOS\b/, 'ChromeOS', 'computer'],
  [/\bWindows\b/, 'Windows', 'computer'],
  [/\bMacintosh\b|\bmacOS\b/, 'Mac', 'computer'],
  [/\bLinux\b/, 'Linux', 'computer'],
];

/** Browsers name those that they resemble: Edge says `Chrome` and `Safari`, Chrome says `Safari`. */
const browsers: [found: RegExp, browser: string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|OPT|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

/**
 * Names a device as its owner knows it: `Safari (iPhone)`, `Narwhal (Android)`, `curl`. A table of our own, since libraries
 * know browsers and take an application's User-Agent for a tablet's or for nothing (bowser 2.15).
 */
export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null) return { name: null, kind: null };
  const [, system, kind] = systems.find(([found]) => found.test(userAgent)) ?? [null, null, null];
  const program = programOf(userAgent);
  const name = program && system ? `${program} (${system})` : (program ?? system);
  return { name, kind };
}

/** The browser's name, or what an application calls itself before its version. */
function programOf(userAgent: string): string | undefined {
  if (userAgent.startsWith('Mozilla/')) return browsers.find(([found]) => found.test(userAgent))?.[1];
  return /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}(?=\/|$)/u.exec(userAgent)?.[0];
}
