package client

import (
	"os"
	"time"
)

// pause plays a client whose destination is slow: until the writer of the pipe, whose open tells it that
// the pause has begun, closes it, it reads nothing from the source, or one message in each PausePace.
func (s *session) pause() error {
	at := s.options.PauseAtRows
	if at == 0 || s.summary.Resources < at {
		return nil
	}
	if s.pauseEnd == nil {
		s.pauseEnd = make(chan error, 1)
		go func() {
			_, err := os.ReadFile(s.options.PausePipe)
			s.pauseEnd <- err
			close(s.pauseEnd)
		}()
	}
	if s.options.PausePace == 0 {
		return <-s.pauseEnd
	}
	select {
	case err := <-s.pauseEnd:
		return err
	case <-time.After(s.options.PausePace):
		return nil
	}
}
