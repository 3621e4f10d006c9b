/** System calls that no decoder needs, and that an attacker would use. Numbers of the kernel's x86-64 and arm64 tables. */
const REFUSED: readonly (readonly [x64: number, arm64: number])[] = [
  // Sockets: socket, bind, connect, listen. The child's inherited descriptors stay open.
  [41, 198],
  [49, 200],
  [42, 203],
  [50, 201],
  // Other processes: ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_open, pidfd_getfd.
  [101, 117],
  [310, 270],
  [311, 271],
  [312, 272],
  [434, 434],
  [438, 438],
  // Namespaces and mounts: unshare, setns, mount, umount2, pivot_root, chroot, open_tree to fspick, mount_setattr.
  [272, 97],
  [308, 268],
  [165, 40],
  [166, 39],
  [155, 41],
  [161, 51],
  [428, 428],
  [429, 429],
  [430, 430],
  [431, 431],
  [432, 432],
  [433, 433],
  [442, 442],
  // Memory that no process's size shows: memfd_create, memfd_secret, shmget, msgget, semget, mq_open.
  [319, 279],
  [447, 447],
  [29, 194],
  [68, 186],
  [64, 190],
  [240, 180],
  // Where kernels were broken into: io_uring_*, bpf, perf_event_open, userfaultfd, keyctl, add_key, request_key, *_by_handle_at.
  [425, 425],
  [426, 426],
  [427, 427],
  [321, 280],
  [298, 241],
  [323, 282],
  [250, 219],
  [248, 217],
  [249, 218],
  [303, 264],
  [304, 265],
];

/** `audit` is the kernel's name for the architecture; a 64-bit process may otherwise call by another table. */
const TABLES = {
  x64: { audit: 0xc000003e, column: 0, clone: 56 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220 },
} as const;

const CLONE3 = 435;
/** x32: another table of the same architecture. */
const X32 = 0x40000000;
/** Every CLONE_NEW* that makes a namespace. */
const NEW_NAMESPACES = 0x7e020000;
const [EPERM, ENOSYS] = [1, 38];

/** Instructions of classic BPF, and the offsets of the kernel's `struct seccomp_data`. */
const [LOAD, EQUALS, AT_LEAST, ANY_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const [NUMBER, ARCHITECTURE, FIRST_ARGUMENT] = [0, 4, 16];
const [ALLOW, KILL, ERROR] = [0x7fff0000, 0x80000000, 0x00050000];

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const answer = (errno: number): Instruction => [RETURN, 0, 0, ERROR | errno];

/**
 * A seccomp filter as bubblewrap takes it: a list of what is refused, beside namespaces that leave little to reach. Null on
 * architectures whose numbers are not here.
 */
export function systemCallFilter(architecture: string = process.arch): Buffer | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const { audit, column, clone } = TABLES[architecture];
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [EQUALS, 1, 0, audit],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER],
    [AT_LEAST, 0, 1, X32],
    answer(EPERM),
    // Its flags are in memory, where a filter cannot read them; libraries fall back to clone.
    [EQUALS, 0, 1, CLONE3],
    answer(ENOSYS),
    ...REFUSED.flatMap((numbers) => [[EQUALS, 0, 1, numbers[column]] as const, answer(EPERM)]),
    [EQUALS, 0, 3, clone],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [ANY_BIT, 0, 1, NEW_NAMESPACES],
    answer(EPERM),
    [RETURN, 0, 0, ALLOW],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
