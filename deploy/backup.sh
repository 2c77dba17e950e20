#!/usr/bin/env bash
# Back up the database and the stored files: backup.sh FOLDER [DAYS]. Backups older than DAYS (30) are removed.
# The keys are NOT in it: FIELD_KEYS and SECRET_KEY stand in .env and are kept apart, on paper or in a safe.
set -euo pipefail
umask 077
target=${1:?用法：backup.sh 备份目录 [保留天数]}
days=${2:-30}
cd "$(dirname "$0")/.."
# What the settings say, as variables that PostgreSQL's programs read.
eval "$(DJANGO_SETTINGS_MODULE=config.settings .venv/bin/python - <<'PYTHON'
from shlex import quote

from django.conf import settings

database = settings.DATABASES["default"]
if "postgresql" not in database["ENGINE"]:
    print("echo 只备份 PostgreSQL；SQLite 请停止服务后直接复制 var 目录 >&2; exit 1")
names = {"PGDATABASE": "NAME", "PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
for variable, name in names.items():
    if database.get(name):
        print(f"export {variable}={quote(str(database[name]))}")
print(f"media={quote(str(settings.MEDIA_ROOT))}")
PYTHON
)"

here=$target/$(date +%Y%m%d-%H%M%S)
mkdir -p "$here.part"
trap 'rm -rf "$here.part"' EXIT
# The database first: files are only ever added, so that every file it names is in the archive made after it.
pg_dump --format=custom --file="$here.part/database.dump"
pg_restore --list "$here.part/database.dump" >/dev/null
mkdir -p "$media"
tar --create --gzip --file="$here.part/media.tar.gz" --directory="$media" .
(cd "$here.part" && sha256sum database.dump media.tar.gz >SHA256SUMS)
mv "$here.part" "$here"
find "$target" -mindepth 1 -maxdepth 1 -type d -name '20*' -mtime +"$days" -exec rm -rf {} +
echo "已备份到 $here"
echo "密钥不在备份里：请确认 .env 里的 FIELD_KEYS 和 SECRET_KEY 另有纸质或保险柜存档，丢失后备份无法还原。"
