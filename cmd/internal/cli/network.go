package cli

import (
	"fmt"

	"llada/formats/arch"
	"llada/formats/container"
)

// Network reads what network the container f, opened from path, holds.
func Network(f *container.File, path string) (*arch.Arch, error) {
	config, err := f.Section(container.SectionConfig)
	if err != nil {
		return nil, err
	}
	a, _, err := arch.Parse(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}
