package record

import (
	"context"
	"database/sql"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// connectPostgres opens a pool.
func connectPostgres(string, bool) (*sql.DB, error) {
	return nil, errors.New("record: this build has no PostgreSQL: use sqlite:DIR")
}

func (s *store) insertBatchPostgres(context.Context, []*pending, int64, []tlog.Hash) error {
	return errors.ErrUnsupported
}

func (s *store) storedPostgres(context.Context, []*pending) (*sql.Rows, error) {
	return nil, errors.ErrUnsupported
}
