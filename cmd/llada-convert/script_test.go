package main

import (
	"testing"

	"llada/cmd/internal/cli"
	"llada/cmd/internal/testdata/script"
)

func TestMain(m *testing.M) { script.Main(m, "llada-convert", run) }

func TestScripts(t *testing.T) { script.Run(t, nil) }

func TestFlags(t *testing.T) { script.Flags(t, newRootCommand(&cli.Globals{})) }
