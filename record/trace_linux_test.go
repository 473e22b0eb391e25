package record

import "syscall"

// letTrace lets a process that is no parent of this one trace it.
func letTrace() {
	const setPtracer, anybody = 0x59616d61, ^uintptr(0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setPtracer, anybody, 0)
}
