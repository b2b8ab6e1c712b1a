package client

import "os"

// pause plays a client whose destination is slow: it reads nothing from the source until the writer of
// the pipe, whose open tells it that the pause has begun, closes it.
func (s *session) pause() error {
	at := s.options.PauseAtRows
	if at == 0 || s.paused || s.summary.Resources < at {
		return nil
	}
	s.paused = true
	_, err := os.ReadFile(s.options.PausePipe)
	return err
}
