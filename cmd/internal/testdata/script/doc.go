// Package script runs the commands' test scripts (rogpeppe/go-internal
// testscript): it makes each command callable from scripts and adds what they
// need to look at results and to damage inputs.
//
// In a script, $TINY is the trained checkpoint in testdata. Commands:
//
//	code N CMD ARG...            run CMD and ask for exit code N
//	interrupt SIG FILE N CMD...  run CMD, send SIG once FILE has content, FILE:L
//	                             L lines; exit code N, or "killed"; what it
//	                             said is in the file output
//	shrink INPUT FILE N CMD...   likewise, but cut off INPUT after a page
//	json FILE PATH [VALUE]       a value of JSON output, as a.0.b; a.len counts.
//	                             VALUE ~X means about X,
//	keys FILE PATH NAME...       an object has exactly these keys
//	pick FILE PATH OUT           write a value to a file of its own
//	lines FILE                   write its lines to 0.json, 1.json, ...
//	checkpoint DIR [KEY=VALUE]   a copy of $TINY to damage, config keys changed
//	random DIR [KEY=VALUE]       a checkpoint of random weights on $TINY's config
//	tensors DIR EDIT...          rewrite DIR's tensors into one file: drop:NAME,
//	                             copy:FROM:TO
//	weights DIR NAME AT=BITS...  overwrite bf16 weights of a tensor
//	set FILE PATH JSON           change a JSON file, or the header of a
//	                             safetensors file; PATH is a/b
//	unset FILE PATH              remove a key
//	flip FILE AT                 invert a byte; AT below 0 counts from the end,
//	                             a section's name is a byte in its middle
//	patch FILE AT HEX            overwrite bytes
//	poke FILE TENSOR AT HEX      overwrite bytes of a container's tensor, checksums
//	                             right
//	version FILE MAJOR MINOR     change a container's version, checksums right
//	cut FILE N                   remove the last N bytes
//	smalldisk DIR                mount a disk of 1 MB, where [smalldisk] holds
//	tensor FILE NAME DTYPE SHAPE a safetensors file holds this tensor
package script
