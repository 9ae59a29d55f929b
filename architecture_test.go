package latchstring_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/latchstring/latchstring/"

// floors are the storeys of the house, top first; imports point down only.
var floors = [][]string{
	{"cmd/latchstring"},
	{"internal/server"},
	{"internal/api"},
	{"internal/account", "internal/session", "internal/grant", "internal/token", "internal/keys", "internal/audit"},
	{"internal/store", "internal/problem", "internal/password", "internal/config"},
}

// sideways are the only imports that stay on a floor.
var sideways = []string{
	"internal/session > internal/account", "internal/session > internal/grant", "internal/session > internal/audit",
	"internal/account > internal/audit", "internal/grant > internal/audit", "internal/token > internal/keys",
	"internal/store > internal/problem", "internal/password > internal/problem",
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		from := strings.TrimPrefix(words[0], module)
		if from == "internal/pgtest" || from == "internal/store/storetest" {
			continue // for tests
		}
		if from == "verify" {
			continue // public: TestVerifyStandsAlone keeps it from importing anything of ours
		}
		for _, imported := range words[1:] {
			to, ours := strings.CutPrefix(imported, module)
			if ours && floor(to) <= floor(from) && !slices.Contains(sideways, from+" > "+to) {
				t.Errorf("%s imports %s", from, to)
			}
		}
		if strings.HasPrefix(words[0], module) && floor(from) < 0 {
			t.Errorf("%s stands on no floor of the house", from)
		}
	}
}

func TestVerifyStandsAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./verify").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), module+"internal/") {
		t.Error("verify imports something internal; apps could not use it")
	}
}

func floor(folder string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, folder) })
}
