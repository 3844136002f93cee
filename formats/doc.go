// Package formats holds the words that everything else speaks in: what a tensor
// is, where tensors come from, how a damaged file is reported. The packages
// below it read and write the files themselves: safetensors (checkpoints),
// container (our single file), tokenizer, chat, arch (config.json), mmap.
//
// Nothing here or below may import quant, runtime, calib or cmd.
package formats
