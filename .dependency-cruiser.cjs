/** Import directions of the design (docs/ARCHITECTURE.md): each rule with its reason. */
module.exports = {
  forbidden: [
    { name: 'no-circular', comment: 'A cycle hides which of two parts owns an idea.', severity: 'error', from: { pathNot: '\\.spec\\.ts$' }, to: { circular: true } },
    { name: 'libs-know-no-app', comment: 'A library must be usable by a command-line tool as it is.', severity: 'error', from: { path: '^libs/' }, to: { path: '^(apps|stack|test)/' } },
    { name: 'libs-know-no-nest', comment: 'Plain TypeScript in libs: no NestJS, no HTTP framework.', severity: 'error', from: { path: '^libs/', pathNot: '\\.spec\\.ts$' }, to: { path: 'node_modules/(@nestjs|fastify)/' } },
    { name: 'kafka-knows-no-lib', comment: 'libs/kafka is the lowest: identity is handed to it.', severity: 'error', from: { path: '^libs/kafka/' }, to: { path: '^libs/(auth-plugins|schema)/' } },
    { name: 'schema-knows-no-lib', comment: 'libs/schema turns JSON into bytes and knows no Kafka and no identity.', severity: 'error', from: { path: '^libs/schema/' }, to: { path: '^libs/(auth-plugins|kafka)/' } },
    { name: 'auth-knows-kafka-by-types-only', comment: 'auth-plugins implements one port of libs/kafka and nothing else of it.', severity: 'error', from: { path: '^libs/auth-plugins/' }, to: { path: '^libs/kafka/src/(?!(index|session/kafka-credential)\\.ts$)' } },
    { name: 'app-uses-lib-index', comment: 'A lib is entered by its index only.', severity: 'error', from: { path: '^apps/', pathNot: '\\.spec\\.ts$|^apps/proxy/testing/' }, to: { path: '^libs/[^/]+/src/(?!index\\.ts$)' } },
    { name: 'kafka-libraries-stay-in-transports', comment: 'Nothing outside a transport knows its library; the protocol layer may use the codecs.', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '^libs/kafka/src/(transports|protocol)/' }, to: { path: 'node_modules/(kafkajs|@platformatic/kafka)/' } },
    { name: 'kafkajs-in-its-transport', comment: 'Private imports of an unmaintained library stay in one folder.', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '^libs/kafka/src/transports/kafkajs/' }, to: { path: 'node_modules/kafkajs/' } },
    { name: 'login-knows-no-way-in', comment: 'Passwords are counted, delayed and remembered alike, whoever judges them: login/ serves ldap and mds and knows neither.', severity: 'error', from: { path: '^libs/auth-plugins/src/login/' }, to: { path: '^libs/auth-plugins/src/(ldap|mds)/' } },
    { name: 'ldapjs-behind-its-fence', comment: 'ldapjs is archived: one file owns it.', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '^libs/auth-plugins/src/ldap/ldapjs\\.driver\\.ts$' }, to: { path: 'node_modules/ldapjs/' } },
    { name: 'ldapts-behind-its-fence', comment: 'Two drivers, one interface: one file owns each library.', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '^libs/auth-plugins/src/ldap/ldapts\\.driver\\.ts$' }, to: { path: 'node_modules/ldapts/' } },
    { name: 'azure-ad-behind-its-fence', comment: 'passport-azure-ad is archived: one file loads it, when it is chosen.', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '^libs/auth-plugins/src/entra/azure-ad\\.library\\.ts$' }, to: { path: 'node_modules/passport-azure-ad/' } },
    { name: 'only-the-runner-makes-principals', comment: 'VerifiedPrincipal is made by the plugin runner only (I6).', severity: 'error', from: { path: '^(apps|libs)/', pathNot: '(^libs/auth-plugins/src/(contract|runner)/)|\\.spec\\.ts$' }, to: { path: '^libs/auth-plugins/src/contract/principal\\.maker\\.ts$' } },
    { name: 'system-session-is-not-for-requests', comment: 'I23: request code cannot reach Postern\'s own session.', severity: 'error', from: { path: '^apps/proxy/src/(v2|v3|hdinsight|records|consumers|cluster|authn|gate)/' }, to: { path: 'system-session' } },
    { name: 'use-cases-know-no-http', comment: 'The three APIs share use-cases; a status belongs to http/ alone.', severity: 'error', from: { path: '^apps/proxy/src/(records|consumers|cluster)/' }, to: { path: '^apps/proxy/src/(http|v2|v3|hdinsight)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
