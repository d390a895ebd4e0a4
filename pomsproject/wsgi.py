"""What gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pomsproject.settings")
application = get_wsgi_application()
gc.freeze()  # what there is now stays: no collection has to look at it
