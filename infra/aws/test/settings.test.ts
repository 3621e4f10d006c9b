import { describe, expect, test } from 'vitest';
import { SettingsError } from '../lib/settings.ts';
import { sizes } from '../lib/sizes.ts';
import { synthesised } from './synthesised.ts';

describe('settings', () => {
  test.each(Object.keys(sizes))('every size synthesises without a finding: %s', (size) => {
    expect(() => synthesised({ size })).not.toThrow();
  });

  test("another region than us-east-1 takes CloudFront's certificate from there", () => {
    const { edge: global } = synthesised({ region: 'eu-central-1' });
    global.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'media.photos.example.org',
    });
  });

  test.each([
    [{ size: 'huge' }, 'expected small, medium, large for size but received "huge"'],
    [{ domain: 'photos' }, 'expected a domain name for domain but received "photos"'],
    [{ zoneName: 'example.com' }, 'expected a zone that holds photos.example.org for zoneName'],
    [{ redisCluster: 'yes' }, 'expected on or off for redisCluster but received "yes"'],
    [{ version: 'latest' }, 'expected a version such as 0.1.0 for version but received "latest"'],
  ])('%o is refused in a sentence', (context, sentence) => {
    expect(() => synthesised(context)).toThrow(SettingsError);
    expect(() => synthesised(context)).toThrow(sentence);
  });
});
