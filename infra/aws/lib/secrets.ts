import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** Letters beyond f, so that what Secrets Manager draws from lower case and digits is hexadecimal. */
const notHexadecimal = 'ghijklmnopqrstuvwxyz';

/** Narwhal's secrets. AWS draws all of them, so that no person and no file ever holds one. */
export class Secrets extends Construct {
  /** Keyrings as JSON, `{"k1": "64 hex digits"}`: the first key signs, all verify. Another key turns the ring. */
  readonly tokenKeys: Secret;
  readonly mediaKeys: Secret;
  readonly redisPassword: Secret;
  /** Name and password of api and worker at PostgreSQL; `narwhal migrate` makes the role. */
  readonly databaseRole: Secret;

  constructor(scope: Construct) {
    super(scope, 'Secrets');
    this.tokenKeys = this.#keyring('TokenKeys', 'Signs access tokens');
    this.mediaKeys = this.#keyring('MediaKeys', 'Signs media URLs; CloudFront checks them with a copy');
    this.redisPassword = new Secret(this, 'RedisPassword', {
      description: 'What ElastiCache asks of clients',
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    this.databaseRole = new Secret(this, 'DatabaseRole', {
      description: 'Api and worker at PostgreSQL',
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: {
        secretStringTemplate: '{"username":"narwhal_serving"}',
        generateStringKey: 'password',
        passwordLength: 64,
        excludePunctuation: true,
      },
    });
  }

  #keyring(name: string, description: string): Secret {
    return new Secret(this, name, {
      description,
      // A stack that is deleted by mistake must not sign everybody out.
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'k1',
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: notHexadecimal,
        requireEachIncludedType: false,
      },
    });
  }
}
