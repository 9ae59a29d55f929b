package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date; the caller holds the migration lock.
// There is no way down: a database that a newer version wrote is refused.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, folder string) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the database's schema version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("the database was written by a newer version of latchstring: its schema is at version %d, "+
			"this binary knows up to %d. Start the newer version again, or restore the backup made before the upgrade", current, newest)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}
