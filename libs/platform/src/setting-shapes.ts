import { z } from 'zod';

/** A keyring as configured: `id:hex,id:hex`. The first key signs, all of them verify, so keys rotate without interruption. */
export const keyring = z
  .string()
  .transform((text) =>
    text.split(',').map((entry) => {
      const [id = '', secret = ''] = entry.trim().split(':');
      return { id, secret };
    }),
  )
  .refine(
    (keys) => keys.every(({ id, secret }) => /^[a-z0-9]{1,8}$/.test(id) && /^[0-9a-f]{64}$/.test(secret)),
    'expected id:secret[,id:secret], an id of 1-8 of [a-z0-9] and a secret of 64 hex digits (openssl rand -hex 32)',
  );

/** Without `https://` a host and its port also parse as a URL, with the scheme `localhost:`. */
export const httpUrl = z.url({ protocol: /^https?$/ });

export const postgresUrl = z
  .string()
  .startsWith('postgres', 'expected postgres://user:password@host/database');

export const flag = z.enum(['on', 'off']).transform((value) => value === 'on');
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);

/** What a browser or a phone says of who asked for a passkey. */
export const appOrigins = list
  .refine(
    (origins) => origins.every((one) => /^(https:\/\/[^/\s]+|android:apk-key-hash:[\w-]{43})$/.test(one)),
    'expected origins such as https://photos.example.org or android:apk-key-hash:HASH',
  )
  .default([]);
/** In the format of OpenTelemetry's specification: `name=value,name=value`, values percent-encoded. */
export const headers = z
  .string()
  .regex(/^[\w.-]+=[^,=]*(,[\w.-]+=[^,=]*)*$/, 'expected name=value[,name=value]')
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((entry) => {
        const [name = '', value = ''] = entry.split('=');
        return [name, decodeURIComponent(value)] as const;
      }),
    ),
  );
export const address = z
  .string()
  .regex(/^[^:]+:\d{1,5}$/, 'expected host:port')
  .transform((text) => {
    const [host = '', port = ''] = text.split(':');
    return { host, port: Number(port) };
  })
  .refine(({ port }) => port < 65_536, 'expected host:port, and a port of at most 65535');

/** Whether nodemailer takes it as it was meant: a percent sign in a password is encoded, and options go unread. */
export function isMailServer(text: string): boolean {
  try {
    const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
    decodeURIComponent(`${username}${password}`);
    return /^smtps?:$/.test(protocol) && hostname !== '' && /^\/?$/.test(pathname) && search + hash === '';
  } catch {
    return false;
  }
}
