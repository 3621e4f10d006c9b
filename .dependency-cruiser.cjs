/**
 * The layers, kept by a tool: apps -> watch -> feed -> storage -> platform, and each outside world behind one library.
 * `npm run check:layers` names every import that breaks a rule, and why the rule is there.
 */
const shipped = '^(apps|libs)/';
const spec = '\\.spec\\.ts$';
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'libs-know-no-apps',
      comment:
        'Dependencies point one way: apps -> watch -> feed -> storage -> platform. Specs may use the test harness.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'shipped-code-knows-no-tests',
      comment: 'What is deployed does not come with tests, benchmarks or the launcher.',
      severity: 'error',
      from: { path: shipped, pathNot: spec },
      to: { path: ['^(test|bench|scripts)/', spec] },
    },
    {
      name: 'platform-knows-no-other-library',
      comment: 'libs/platform is below all others.',
      severity: 'error',
      from: { path: '^libs/platform/' },
      to: { path: '^libs/(storage|feed|watch)/' },
    },
    {
      name: 'storage-knows-no-feed',
      comment: 'What lasts may not depend on what can be lost.',
      severity: 'error',
      from: { path: '^libs/storage/' },
      to: { path: '^libs/(feed|watch)/' },
    },
    {
      name: 'feed-is-not-watched-from-within',
      comment: 'libs/watch looks at all the others; none of them knows that it is watched.',
      severity: 'error',
      from: { path: '^libs/feed/' },
      to: { path: '^libs/watch/' },
    },
    {
      name: 'apps-know-each-other-by-rows-alone',
      comment: 'api and worker meet in PostgreSQL and in the queue; they are deployed apart.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libraries-by-their-entry-points',
      comment:
        'A library is what its index offers: @app/platform, @app/platform/metrics, @app/storage, @app/storage/images, @app/feed, @app/watch.',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^$1/$2/', '^libs/[^/]+/src/(images/|metrics/)?index\\.ts$'] },
    },
    {
      name: 'images-only-in-the-worker',
      comment: 'Images are untrusted input (rule 4): the api never loads what decodes them.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^apps/worker/', '^libs/storage/src/images/'] },
      to: { path: '^libs/storage/src/images/' },
    },
    {
      name: 'only-storage-touches-what-lasts',
      comment: 'PostgreSQL, S3, sharp and libheif stand behind libs/storage, in the words of the product.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/' },
      to: {
        path: packages('typeorm', '@nestjs/typeorm', 'pg', 'sharp', 'libheif-js', '@aws-sdk', '@smithy'),
      },
    },
    {
      name: 'only-feed-touches-redis',
      comment: 'Redis stands behind libs/feed; the queue, in its folder, is the one other use of it.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^libs/feed/', '^libs/platform/src/queue/', spec] },
      to: { path: packages('ioredis', 'bullmq') },
    },
    {
      name: 'only-watch-touches-those-who-are-told',
      comment: 'Sentry and OpenTelemetry are loaded where they are configured, and by nobody else.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^libs/watch/src/(errors/sentry-client|traces/)'] },
      to: { path: packages('@sentry', '@opentelemetry') },
    },
    {
      name: 'tests-know-no-code',
      comment:
        'Black-box tests could be pointed at a rewrite. Only the set-up of a run migrates with the code itself.',
      severity: 'error',
      // What specs of several rooms stand in.
      from: { path: '^test/', pathNot: ['^test/setup/', '^test/harness/(feed-room|open-database)'] },
      to: { path: shipped },
    },
    {
      name: 'infra-knows-the-rules-alone',
      comment:
        'What NGINX and HAProxy are told of the applications: settings, limits, refusals, renditions; and how a command line is read. Nothing that runs imports it.',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^(apps|libs)/',
        pathNot:
          '^libs/(platform/src/(command-line|config|limits|problems|pagerduty|metrics/index)|storage/src/renditions)\\.ts$',
      },
    },
    {
      name: 'infra-is-run-not-imported',
      severity: 'error',
      from: { path: '^(apps|libs|scripts|test|bench)/' },
      to: { path: '^infra/' },
    },
    {
      name: 'no-cycles',
      comment:
        'Modules that need each other cannot be loaded one after the other. Types may: nothing of them is loaded.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-development-packages-in-what-ships',
      comment: 'npm ci --omit=dev has to be enough to run it.',
      severity: 'error',
      from: { path: shipped, pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'every-import-is-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A package of its own, with packages of its own.
    exclude: { path: '^infra/aws/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
