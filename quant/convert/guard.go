package convert

// guard runs f, which reads a checkpoint's mapped memory.
func guard(f func() error) error { return f() }

// located names the file that a fault of mapped memory is in.
func located(_ Checkpoint, err error) error { return err }
