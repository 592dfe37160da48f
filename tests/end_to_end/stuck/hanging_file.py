"""Runs a program beside a file system (FUSE) with one file whose reading never ends, as on a file server that does not
answer: whoever reads it cannot even be killed before the server of the file system ends.

usage: hanging_file.py FOLDER PIDFILE PROGRAM [ARGUMENT...]

The file is FOLDER/film. The server's process id is written to PIDFILE; it ends with the program. Layouts and numbers are
those of the kernel's include/uapi/linux/fuse.h, protocol 7.31."""
import ctypes, os, signal, struct, sys

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 18, 25, 26, 36, 42
FILE, SIZE, ENOENT, ENOSYS = 2, 1 << 20, 2, 38
PR_SET_PDEATHSIG = 1


def attributes(node):
    mode, links = (0o100644, 1) if node == FILE else (0o40755, 2)
    return struct.pack("<6Q10I", node, SIZE, SIZE // 512, 0, 0, 0, 0, 0, 0, mode, links, os.getuid(), os.getgid(), 0, 4096, 0)


def answer(opcode, node, body):
    """Error number and body; None where nothing is answered."""
    if opcode == INIT:
        readahead = struct.unpack_from("<I", body, 8)[0]
        return 0, struct.pack("<4I2H2I2H8I", 7, 31, readahead, 0, 16, 12, 1 << 17, 1, 32, 0, *[0] * 8)
    if opcode == LOOKUP:
        if body.rstrip(b"\0") != b"film":
            return ENOENT, b""
        return 0, struct.pack("<4Q2I", FILE, 0, 3600, 3600, 0, 0) + attributes(FILE)
    if opcode == GETATTR:
        return 0, struct.pack("<Q2I", 3600, 0, 0) + attributes(node)
    if opcode == OPEN:
        # 1 is FOPEN_DIRECT_IO: each read is a question to us.
        return 0, struct.pack("<Q2I", 1, 1, 0)
    if opcode in (RELEASE, FLUSH):
        return 0, b""
    return None if opcode in (READ, FORGET, INTERRUPT, BATCH_FORGET) else (ENOSYS, b"")


def serve(device):
    while True:
        try:
            request = os.read(device, 1 << 18)
        except OSError:
            return
        _, opcode, unique, node = struct.unpack_from("<2I2Q", request)
        said = answer(opcode, node, request[40:])
        if said is not None:
            error, body = said
            os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


folder, pid_file, *program = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
if libc.mount(b"hanging", folder.encode(), b"fuse", 0, options.encode()):
    sys.exit(f"a FUSE file system cannot be mounted on {folder}: {os.strerror(ctypes.get_errno())}")
child = os.fork()
if child == 0:
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    serve(device)
    os._exit(0)
os.close(device)
with open(pid_file, "w") as file:
    file.write(str(child))
os.execv(program[0], program)
