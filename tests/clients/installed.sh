# Sourced by run.sh: how each client is installed under a folder, and how it is run.

# mc has no versions but those of its module, and says none of itself when it is built by go.
mc_version=v0.0.0-20250313080218-cf909e1063a9

# A virtual environment with what requirements.txt names.
install_python() {
  local folder=$1 here=$2
  cmp -s "$here/requirements.txt" "$folder/venv/requirements.txt" && return
  [ -x "$folder/venv/bin/pip" ] || python3 -m venv "$folder/venv" || return
  timeout 600 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" &&
    cp "$here/requirements.txt" "$folder/venv/requirements.txt"
}

# install_go FOLDER HERE PACKAGE NAME: a program of the module go_clients, or one of another module by its version.
install_go() {
  local folder=$1 here=$2 package=$3 go
  go=$(readlink -f "${HR_GO:-$(command -v go)}")
  [ -x "$go" ] || { echo "there is no go program"; return 1; }
  case $package in
  ./*) (cd "$here/go_clients" && GOFLAGS="-mod=readonly -modcacherw" timeout 900 "$go" build -o "$folder/bin/$4" "$package") ;;
  *) [ -x "$folder/bin/$4" ] || GOBIN=$folder/bin GOFLAGS=-modcacherw timeout 1800 "$go" install "$package" ;;
  esac
}

install_javascript() {
  local folder=$1 here=$2
  command -v npm >/dev/null || { echo "there is no npm"; return 1; }
  mkdir -p "$folder/javascript"
  cmp -s "$here/javascript/package.json" "$folder/javascript/installed.json" && return
  cp "$here/javascript/package.json" "$folder/javascript/" &&
    (cd "$folder/javascript" && timeout 600 npm install --silent --no-audit --no-fund) &&
    cp "$here/javascript/package.json" "$folder/javascript/installed.json"
}

install_java() {
  local folder=$1 here=$2
  command -v mvn >/dev/null && command -v javac >/dev/null || { echo "there is no mvn or no javac"; return 1; }
  mkdir -p "$folder/java"
  cmp -s "$here/java/pom.xml" "$folder/java/pom.xml" && return
  timeout 900 mvn --quiet --batch-mode -f "$here/java/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$folder/java/lib" && cp "$here/java/pom.xml" "$folder/java/"
}

# client_install CLIENT FOLDER: the last line of its output says why not.
client_install() {
  local folder=$2
  case $1 in
  awscli)
    [ -x "${HR_AWS:-/usr/bin/aws}" ] || { echo "there is no aws program"; return 1; }
    install_python "$folder" "$here" # for its script
    ;;
  minio-go) install_go "$folder" "$here" ./minio minio-go ;;
  aws-sdk-go) install_go "$folder" "$here" ./aws aws-sdk-go ;;
  aws-sdk-js) install_javascript "$folder" "$here" ;;
  aws-sdk-java) install_java "$folder" "$here" ;;
  mc) install_python "$folder" "$here" && install_go "$folder" "$here" "github.com/minio/mc@$mc_version" mc ;;
  *) install_python "$folder" "$here" ;;
  esac
}

# client_command CLIENT HERE FOLDER: its command line, of words without blanks.
client_command() {
  case $1 in
  minio-go | aws-sdk-go) echo "$3/bin/$1" ;;
  aws-sdk-js) echo "env NODE_PATH=$3/javascript/node_modules node $2/javascript/aws_sdk.cjs" ;;
  aws-sdk-java) echo "java -cp $3/java/lib/* $2/java/AwsSdk.java" ;;
  awscli) echo "env HR_AWS=${HR_AWS:-/usr/bin/aws} $3/venv/bin/python3 $2/awscli_client.py" ;;
  mc) echo "env HR_MC=$3/bin/mc HR_MC_VERSION=${mc_version#v} $3/venv/bin/python3 $2/mc_client.py" ;;
  *) echo "$3/venv/bin/python3 $2/${1//-/_}_client.py" ;;
  esac
}
