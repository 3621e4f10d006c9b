/** Whether this is the Debian package's, or a clone's. What to do about a fault is not the same in both. */
export const isInstalled = import.meta.dirname.startsWith('/usr/lib/narwhal/');
