package main

import (
	"fmt"
	"os"
	"strings"
)

// memory is what a process holds in bytes: resident now, and at most so far.
type memory struct {
	Resident uint64 `json:"resident"`
	Peak     uint64 `json:"peak"`
}

func (m *memory) String() string {
	return fmt.Sprintf("%d MiB, %d MiB at most", m.Resident>>20, m.Peak>>20)
}

// memory fills in the memory of this process, and of the server's if it is known.
// Only Linux tells; elsewhere the report has none.
func (r *loadReport) memory(serverPID int) {
	r.Memory = memoryOf("self")
	if serverPID > 0 {
		r.ServerMem = memoryOf(fmt.Sprint(serverPID))
	}
}

// memoryOf reads /proc/PID/status, or returns nil.
func memoryOf(pid string) *memory {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return nil
	}
	var m memory
	for _, line := range strings.Split(string(text), "\n") {
		var kib uint64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			m.Peak = kib << 10
		}
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			m.Resident = kib << 10
		}
	}
	return &m
}
