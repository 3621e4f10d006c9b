import { domainToASCII, domainToUnicode } from 'node:url';
import { normalForm } from './normal-form.js';

/**
 * An address of email as it is stored and compared: trimmed, NFC, lower case, its domain in the one form that DNS knows. Mail servers
 * map `ｅxample.org` and `xn--...` themselves, so that without this one mailbox would have many addresses. A domain that DNS
 * cannot know is left out, and with it the address is none.
 */
export function canonicalEmail(text: string): string {
  const address = normalForm(text.trim(), 'NFC').toLowerCase();
  const at = address.lastIndexOf('@');
  return at < 0
    ? address
    : `${address.slice(0, at + 1)}${domainToUnicode(domainToASCII(address.slice(at + 1)))}`;
}
