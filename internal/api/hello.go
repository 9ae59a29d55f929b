package api

import "net/http"

// Hello is GET /hello_world.
func (a *API) Hello(w http.ResponseWriter, r *http.Request) error {
	type greeting struct {
		Message string `json:"message"`
	}
	raw, found, err := bearer(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Authorization")
	if !found {
		return writeJSON(w, http.StatusOK, greeting{"Hello, world!"})
	}
	_, username, err := a.signedIn(r.Context(), raw)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, greeting{"Hello, " + username + "!"})
}
