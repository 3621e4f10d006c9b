import { expect, test } from 'vitest';
import { onMachine, type Story } from './story.js';

/** Packages that would leave a machine worse than it was: refused before a file changes. */
export function refusingPackages(story: Story): void {
  test('a package for another architecture, and one larger than the disk, before a file is changed', async () => {
    const { alone, made } = story;
    const [control, archive] = ['/run/control', '/run/other.deb'];
    const refusal = (edit: string, ...options: string[]) => {
      alone.type(`rm -rf ${control}; mkdir ${control}
        dpkg-deb --control ${onMachine(made.packages.second)} ${control}/DEBIAN
        rm ${control}/DEBIAN/conffiles ${control}/DEBIAN/md5sums
        sed -i '${edit}' ${control}/DEBIAN/control ${control}/DEBIAN/preinst
        dpkg-deb -Znone --build ${control} ${archive}`);
      return alone.tell('dpkg', '-i', ...options, archive);
    };
    const other = refusal('s/amd64/arm64/g', '--force-architecture');
    expect(other.text).toMatch(
      /narwhal: this package is for arm64, and this machine is amd64: install narwhal_/,
    );
    const large = refusal('s/-ge [0-9]*/-ge 9999999/; s/needs [0-9]*/needs 9999999/');
    expect(large.text).toMatch(
      /narwhal: the disk of \/usr has \d+ MB left and the package needs 9999999: make room/,
    );
    expect([other.code, large.code]).toEqual([1, 1]);
    // The worker had been stopped for files that were never installed.
    await alone.waitFor(/^active/, 'systemctl', 'is-active', 'narwhal-worker@9465');
    await alone.waitFor(/No faults\./, 'narwhal', 'doctor');
  });
}
