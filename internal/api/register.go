package api

import (
	"net/http"
	"time"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/problem"
)

// registered is the answer to a registration.
type registered struct {
	person
	CreatedAt time.Time `json:"created_at"`
}

// Register is POST /login/register.
func (a *API) Register(w http.ResponseWriter, r *http.Request) error {
	answer, err := a.register(w, r)
	if a.outcome(r, "register", answer.ID, err) != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/users/"+answer.ID)
	return writeJSON(w, http.StatusCreated, answer)
}

func (a *API) register(w http.ResponseWriter, r *http.Request) (registered, error) {
	if !a.Registration {
		return registered{}, problem.New(problem.Forbidden, "registration_closed", "This server takes no registrations; ask its operator for an account.")
	}
	fields, err := readFields(w, r, "username", "password", "email")
	if err != nil {
		return registered{}, err
	}
	u, err := a.Accounts.Register(r.Context(), account.Draft{
		Username: fields["username"], Password: fields["password"], Email: fields["email"],
	}, a.Origin(r))
	if err != nil {
		return registered{}, err
	}
	return registered{person{u.ID, u.Username, u.Email}, u.CreatedAt}, nil
}
