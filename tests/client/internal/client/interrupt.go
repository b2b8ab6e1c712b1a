package client

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// interrupt sends SIGINT to the client itself, as Ctrl-C does, or to the source alone.
func (s *session) interrupt() {
	if s.options.Interrupt != "plugin" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		return
	}
	for _, pid := range children(os.Getpid()) {
		if commandOf(pid) == s.options.SourcePath {
			_ = syscall.Kill(pid, syscall.SIGINT)
		}
	}
}

// children reads /proc, as managedplugin keeps the process to itself.
func children(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var result []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the process ended
		}
		// pid (name) state ppid …, where the name may hold anything
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			result = append(result, pid)
		}
	}
	return result
}

func commandOf(pid int) string {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	command, _, _ := strings.Cut(string(text), "\x00")
	return command
}
