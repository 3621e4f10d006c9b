// The options of each command. The launcher also reads this file, without a compiler, so it imports nothing.

export const migrateLine = {
  usage: `usage: npm run migrate

Brings the database of DATABASE_DIRECT_URL (or DATABASE_URL) to the schema of this version. It may run again, also from
many machines at once, and while Narwhal serves.`,
} as const;

export const adminLine = {
  usage: `usage: npm run admin -- grant <username>      makes an admin
       npm run admin -- synthetic <username>  makes an account that only looks whether people are served (VISIT_LOGIN)
       npm run admin -- revoke <username>     makes either a person again
       npm run admin -- audit [<username>]    what happened lately, to everybody or to one: sign-ins, passwords, rights, deletions
       npm run admin -- reset-password <username>  a link that replaces their password once, within 30 minutes
       npm run admin -- remove-second-factor <username>  takes their second factors away in three days, unless one is used before
       npm run admin -- invite                a link by which one person may sign up, within a week
       npm run admin -- registrations         who signed up and waits for an admin (REGISTRATIONS=approval), oldest first
       npm run admin -- approve <username>    lets one of them in; a mail tells them
       npm run admin -- refuse <username> [--reason TEXT]  deletes what they gave; a mail tells them, with the reason
       npm run admin -- mail-link             a link that shows the mails that were written into files (SMTP_URL), for ten minutes
       npm run admin -- health-link           a link that opens the health page in a browser, for ten minutes
       npm run admin -- operator-token        what a change on the operators' listeners has to show (METRICS_ADDR)

The first admin: sign up as anybody does, and then grant that username.`,
  options: { reason: { type: 'string' } },
  words: 2,
} as const;

export const storageLine = {
  usage: `usage: npm run storage -- verify [--originals] [--fix]
       npm run storage -- migrate disk s3
       npm run storage -- migrate s3 disk
       npm run storage -- redevelop --all | --older | --rejected [CODE]

verify   holds every row against its objects and every object against its row; --originals also reads every original
         and compares its SHA-256; --fix brings back from the trash what a row needs, and trashes what no row has
migrate  moves every object from one store to the other while Narwhal runs; run it again after it was stopped
redevelop  has the workers make renditions anew while Narwhal runs: of all photos, of those that an older release made, or
         of those that were rejected (with CODE: for that reason); run it again after it was stopped
They read DATABASE_URL, STORAGE_DIR and S3_* as the api does. Exit code: 0 all is well, 1 something is to be looked at.`,
  options: {
    originals: { type: 'boolean' },
    fix: { type: 'boolean' },
    all: { type: 'boolean' },
    older: { type: 'boolean' },
    rejected: { type: 'boolean' },
  },
  words: 3,
} as const;

export const backupLine = {
  usage: `usage: npm run backup [-- make]
       npm run backup -- list
       npm run backup -- verify
       npm run backup -- drill
       npm run backup -- wal

Without a word, makes a backup of PostgreSQL in BACKUP_REPOSITORY, and deletes those beyond BACKUP_KEEP.
list     the complete ones, oldest first
verify   reads everything that a restore would read
drill    restores the newest into a scratch folder, migrates it, starts an api on it, and compares it with the original
wal      looks whether WAL is missing since the newest, and makes a full backup at once where it is
Under \`up\` all of it happens by itself (docs/backups.md). Exit code: 0 all is well, 1 something is to be looked at.`,
  words: 2,
} as const;

export const restoreLine = {
  usage: `usage: npm run restore -- --to TIME|latest --into FOLDER [--cluster NUMBER]

  --to TIME         2026-11-30T08:00:00Z, or latest: as far as the archive reaches
  --into FOLDER     a new folder, or an empty one; nothing else is changed
  --cluster NUMBER  which, where Narwhal's own repository has backups of several

Restores PostgreSQL from BACKUP_REPOSITORY, holds it against its photos, and says how to go on with it.
Exit code: 0 all is well, 1 it was refused, or some photos differ.`,
  options: { to: { type: 'string' }, into: { type: 'string' }, cluster: { type: 'string' } },
} as const;

export const keysLine = {
  usage: `usage: npm run keys                        each secret: where it lies, since when, when it is due
       npm run keys -- rotate [NAME ...]   turns TOKEN_KEYS and MEDIA_KEYS, or those named

A new key is appended first, and moved to the front once every process verifies by it, so that nobody notices. The package
restarts its processes itself, and turns the passwords of its PostgreSQL and Redis (DATABASE_URL, REDIS_URL) in the same way;
a second run goes on with what was cut off. Elsewhere each run takes one step and says what comes next.
  --at-once   appends and moves in one, where all processes stop before any starts again (\`up\`)`,
  options: { 'at-once': { type: 'boolean' } },
  words: 9,
} as const;

export const doctorLine = {
  usage: `usage: npm run doctor

Looks at this machine and at the settings of Narwhal, changes nothing, and says in a sentence each what is in the way and
what to do about it. Exit code: 0 nothing is in the way, 1 something is.`,
} as const;

export const topLine = {
  usage: `usage: npm run top [-- HOST:PORT] [--once]

  HOST:PORT   the operators' listener of any process (METRICS_ADDR), which asks all others; without it, the api's of the
              Narwhal that runs here, else 127.0.0.1:9464
  --once      everything once, for a file or a pipe; a terminal shows what it has room for, every two seconds; q ends`,
  options: { once: { type: 'boolean' } },
  words: 1,
} as const;
