from settings import *  # noqa: F403

SECRET_KEY = 'only-for-a-test-only-for-a-test-only-for-a-test'
DEBUG = True
ALLOWED_HOSTS = ['localhost']
ROOT_URLCONF = 'urls'
INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'rest_framework']
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'project.sqlite3'}}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
