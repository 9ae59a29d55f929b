package api

import (
	"net/http"

	"github.com/latchstring/latchstring/internal/problem"
)

// Self is GET /api/v1/users/{id} for the person whose token it is.
func (a *API) Self(w http.ResponseWriter, r *http.Request) error {
	raw, found, err := bearer(r)
	if err != nil {
		return err
	}
	if !found {
		return bearerNeeded()
	}
	s, _, err := a.signedIn(r.Context(), raw)
	if err != nil {
		return err
	}
	if s.UserID != r.PathValue("id") {
		return problem.New(problem.NotFound, "user_not_found", "There is no such account, or it is not yours to see.")
	}
	u, err := a.DB.User(r.Context(), s.UserID)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, registered{person{u.ID, u.Username, u.Email}, u.CreatedAt})
}
