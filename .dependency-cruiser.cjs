/**
 * The layers, kept by a tool: apps -> domain -> feed -> storage -> platform, watch beside domain, and each outside world behind one library.
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
        'Dependencies point one way: apps -> domain -> feed -> storage -> platform. Specs may use the test harness.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'shipped-code-knows-no-tests',
      comment: 'What is deployed does not come with tests, benchmarks or the launcher.',
      severity: 'error',
      from: { path: shipped, pathNot: spec },
      to: { path: ['^(test|bench|tools)/', spec] },
    },
    {
      name: 'platform-knows-no-other-library',
      comment: 'libs/platform is below all others.',
      severity: 'error',
      from: { path: '^libs/platform/' },
      to: { path: '^libs/(?!platform/)' },
    },
    {
      name: 'storage-knows-platform-alone',
      comment: 'What lasts may not depend on what can be lost.',
      severity: 'error',
      from: { path: '^libs/storage/' },
      to: { path: '^libs/(?!storage/|platform/)' },
    },
    {
      name: 'feed-knows-no-rules',
      comment: 'libs/feed keeps what it is given. What may be is judged in libs/domain, which uses it.',
      severity: 'error',
      from: { path: '^libs/feed/' },
      to: { path: '^libs/(?!feed/|storage/|platform/)' },
    },
    {
      name: 'domain-is-not-watched-from-within',
      comment: 'libs/watch stands beside libs/domain: neither knows the other.',
      severity: 'error',
      from: { path: '^libs/domain/' },
      to: { path: '^libs/(?!domain/|feed/|storage/|platform/)' },
    },
    {
      name: 'watch-knows-no-rules',
      comment: 'What operators see is read from stores and processes.',
      severity: 'error',
      from: { path: '^libs/watch/' },
      to: { path: '^libs/(?!watch/|feed/|storage/|pages/|platform/)' },
    },
    {
      name: 'pages-know-platform-alone',
      comment: 'What people read in a browser or a mail is made from what it is given.',
      severity: 'error',
      from: { path: '^libs/pages/' },
      to: { path: '^libs/(?!pages/|platform/)' },
    },
    {
      name: 'images-know-what-photos-are-alone',
      comment: 'The child that opens images loads no settings, no stores, no framework.',
      severity: 'error',
      from: { path: '^libs/images/', pathNot: spec },
      to: { path: '^libs/(?!images/|platform/src/photos/)' },
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
        'A library is what its index offers; platform and storage have narrow ones as well, for programs that need little: @app/platform/photos, @app/storage/database and the like.',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: {
        path: '^libs/',
        pathNot: ['^$1/$2/', '^libs/[^/]+/src/(metrics/|photos/|database/|objects/|backups/)?index\\.ts$'],
      },
    },
    {
      name: 'images-only-in-the-worker',
      comment: 'Images are untrusted input (rule 4): the api never loads what decodes them.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^apps/worker/', '^apps/cli/src/doctor/', '^libs/images/'] },
      to: { path: '^libs/images/' },
    },
    {
      name: 'only-storage-touches-what-lasts',
      comment: 'PostgreSQL and S3 stand behind libs/storage, in the words of the product.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/storage/' },
      to: { path: packages('typeorm', '@nestjs/typeorm', 'pg', '@aws-sdk', '@smithy') },
    },
    {
      name: 'only-images-decode',
      comment: 'sharp and libheif are loaded in the child process of libs/images, and by nobody else.',
      severity: 'error',
      from: { path: shipped, pathNot: '^libs/images/' },
      to: { path: packages('sharp', 'libheif-js') },
    },
    {
      name: 'only-feed-touches-redis',
      comment: 'Redis stands behind libs/feed; the queue, in its folder, is the one other use of it.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^libs/feed/', '^libs/platform/src/queue/', spec] },
      to: { path: packages('ioredis', 'bullmq') },
    },
    {
      name: 'only-the-worker-sends-mail',
      comment:
        'Requests wait for no mail server: the worker sends, once the row that asks for it is committed.',
      severity: 'error',
      from: { path: shipped, pathNot: '^apps/worker/src/mail/' },
      to: { path: packages('nodemailer') },
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
      from: {
        path: '^test/',
        pathNot: [
          '^test/setup/',
          '^test/harness/(domain-room|feed-room|photo-room|open-database|worker-room)',
        ],
      },
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
          '^libs/platform/src/(command-line|config|settings|limits|problems|pagerduty|metrics/index|photos/renditions)\\.ts$',
      },
    },
    {
      name: 'infra-is-run-not-imported',
      severity: 'error',
      from: { path: '^(apps|libs|tools|test|bench)/' },
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
      // Copied beside what it imports, into the wall.
      from: { pathNot: '^test/fixtures/hostile-child' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Packages of their own, with packages of their own, and what one of them is built into.
    exclude: { path: '^(infra/aws|packages/client/dist|test/clients/(journeys|generate))' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
