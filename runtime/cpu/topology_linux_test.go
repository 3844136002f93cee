package cpu

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThreads(t *testing.T) {
	var all unix.CPUSet
	for i := range 100 {
		all.Set(i)
	}
	var few unix.CPUSet
	few.Set(64)
	for _, c := range []struct {
		list    string
		allowed *unix.CPUSet
		want    []int
	}{
		{"0", &all, []int{0}}, {"0,64", &all, []int{0, 64}}, {"2-3", &all, []int{2, 3}}, {"4-5,68-69", &all, []int{4, 5, 68, 69}},
		{"0,64", &few, []int{64}}, {"", &all, nil}, {"x", &all, nil},
	} {
		if got := threads(c.list, c.allowed); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.list, got, c.want)
		}
	}
}

func TestTopology(t *testing.T) {
	var seen []int
	for _, core := range topology() {
		if len(core) == 0 {
			t.Error("a core without threads")
		}
		for _, cpu := range core {
			if slices.Contains(seen, cpu) {
				t.Errorf("thread %d belongs to two cores", cpu)
			}
			seen = append(seen, cpu)
		}
	}
	if Cores() < 1 {
		t.Errorf("%d cores", Cores())
	}
}
