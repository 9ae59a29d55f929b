package store_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/latchstring/latchstring/internal/store"
	"github.com/latchstring/latchstring/internal/store/storetest"
)

func TestWriteKeepsNothingOfAFailedTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		db := place.Open(t)
		refused := errors.New("refused")
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					if err := tx.SetFact(t.Context(), "n"+strconv.Itoa(i), "x"); err != nil {
						return err
					}
					if i%2 == 1 {
						return refused
					}
					return nil
				})
				if i%2 == 1 && !errors.Is(err, refused) || i%2 == 0 && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		group.Wait()
		for i := range 100 {
			_, err := db.Fact(t.Context(), "n"+strconv.Itoa(i))
			if kept := err == nil; kept != (i%2 == 0) {
				t.Errorf("write %d: kept = %v (%v)", i, kept, err)
			}
		}
	})
}

func TestChargeCannotBeOutrunByConcurrentAttempts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		db := place.Open(t)
		charge := store.Charge{
			Key: "k", At: time.Now(), Free: 5, Base: time.Second, Ceiling: time.Minute, Limit: 35, ForgetAfter: time.Hour,
		}
		var mu sync.Mutex
		admitted := 0
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					ok, err := tx.ChargeIfOpen(t.Context(), charge)
					if ok {
						mu.Lock()
						defer mu.Unlock()
						admitted++
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if admitted != 6 { // five free ones and the one that starts the delay
			t.Errorf("%d attempts admitted at once, want 6", admitted)
		}
	})
}

func TestCanceledWriteLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		db := place.Open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.SetFact(ctx, "a", "b") }); err == nil {
			t.Error("a canceled write succeeded")
		}
		if _, err := db.Fact(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
			t.Error("a canceled write left something:", err)
		}
	})
}

func TestTwoNodesStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				db, err := store.Open(t.Context(), place.URL, place.Folder)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}
