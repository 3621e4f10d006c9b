import { inPart } from '../entry.js';

const growth = 'as many as there are people';

/** People's activity. It raises no alert, but where people wait for an operator: a low figure is a Sunday, or shows in `requests` and `later work`. */
export const product = inPart('product', {
  narwhal_signups_total: {
    kind: 'counter',
    means: 'Accounts created.',
    shows: {
      signups: { title: 'Sign-ups', unit: 'people', read: { as: 'rate', per: 'minute' }, normal: growth },
    },
  },
  narwhal_active_people: {
    kind: 'gauge',
    means:
      'People whose session began or was refreshed in the last 15 minutes, as those of active clients are; read once a minute.',
    across: 'same',
    shows: {
      active_people: { title: 'Active people', unit: 'people', read: { as: 'value' }, normal: growth },
    },
  },
  narwhal_waiting_signups: {
    kind: 'gauge',
    means: 'Sign-ups that wait for an admin, counted up to 1,000.',
    across: 'same',
    shows: {
      waiting_signups: {
        title: 'Sign-ups that wait',
        unit: 'people',
        read: { as: 'value' },
        normal: 'as many as come between two looks of an admin',
      },
    },
  },
  narwhal_waiting_signups_age_seconds: {
    kind: 'gauge',
    means: 'How long the oldest sign-up has waited for an admin; 0 while none does.',
    across: 'same',
    shows: {
      waiting_signups_age: {
        title: 'Oldest sign-up that waits',
        unit: 'seconds',
        read: { as: 'value' },
        normal: [0, 3 * 86_400],
        levels: {
          alert: 'SignUpsWait',
          warning: 20 * 86_400,
          lasting: 300,
          says: 'the oldest sign-up has waited for an admin for {value}, and is deleted after 30 days',
        },
      },
    },
  },
  narwhal_sessions: {
    kind: 'gauge',
    means:
      'Sessions stored, also ended ones that are not deleted yet; an estimate when there are many; read once a minute.',
    across: 'same',
    shows: {
      sessions: { title: 'Sessions', unit: 'count', read: { as: 'value' }, normal: growth },
    },
  },
  narwhal_photos_uploaded_total: {
    kind: 'counter',
    means: 'Photos whose upload completed.',
    shows: {
      uploads: {
        title: 'Photos uploaded',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: growth,
      },
    },
  },
  narwhal_posts_published_total: {
    kind: 'counter',
    means: 'Posts published.',
    shows: {
      posts: {
        title: 'Posts published',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: growth,
      },
    },
  },
  narwhal_likes_total: {
    kind: 'counter',
    means: 'Likes given.',
    shows: {
      likes: { title: 'Likes', unit: 'events', read: { as: 'rate', per: 'second' }, normal: growth },
    },
  },
  narwhal_comments_total: {
    kind: 'counter',
    means: 'Comments written.',
    shows: {
      comments: { title: 'Comments', unit: 'events', read: { as: 'rate', per: 'second' }, normal: growth },
    },
  },
  narwhal_feed_reads_total: {
    kind: 'counter',
    means: 'Pages of home feeds read, by their source.',
    labels: { source: 'where a page can come from: libs/feed/src/feed-windows.ts' },
    shows: {
      feed_reads: {
        title: 'Feed pages read',
        unit: 'events',
        read: { as: 'rate', per: 'second', by: 'source' },
        normal: growth,
      },
    },
  },
  narwhal_streams: {
    kind: 'gauge',
    means: 'Clients that are connected to the stream.',
    across: 'sum',
    shows: {
      streams: { title: 'Streams', unit: 'count', read: { as: 'value' }, normal: growth },
    },
  },
  narwhal_provider_answers_total: {
    kind: 'counter',
    means:
      'ID tokens and codes of identity providers, by provider and outcome; `refused` counts those that are not good, `unavailable` those that a provider could not be asked about or answered nonsense to, `busy` those that were turned away because too many waited for it, `failed` errors of Narwhal itself.',
    labels: {
      provider: 'an id of `IDENTITY_PROVIDERS`',
      outcome: ['proven', 'refused', 'unavailable', 'busy', 'failed'],
    },
    shows: {
      provider_answers: {
        title: 'Sign-ins by providers',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: 'a few an hour for every thousand people; `unavailable`, `busy` and `failed` none',
      },
    },
  },
  narwhal_imports_total: {
    kind: 'counter',
    means:
      'Attempts to import a zip, by outcome; `stopped` counts those that another attempt or a closed account ended, `given_up` zips that are none, or could not be imported in time.',
    labels: { outcome: ['made', 'failed', 'stopped', 'given_up'] },
    shows: {
      imports: {
        title: 'Imports',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: 'a few a day for every thousand people; `failed` none',
      },
    },
  },
  narwhal_exports_total: {
    kind: 'counter',
    means:
      'Attempts to make an export, by outcome; `stopped` counts those that another attempt or a closed account ended, `given_up` exports that could not be made in time.',
    labels: { outcome: ['made', 'failed', 'stopped', 'given_up'] },
    shows: {
      exports: {
        title: 'Exports',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: 'a few a day for every thousand people; `failed` and `given_up` none',
      },
    },
  },
});
